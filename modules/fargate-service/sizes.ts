/** Memory sizes that Fargate offers for each share of CPU: from, to and step in MiB. */
const offers: Readonly<Record<number, readonly [from: number, to: number, step: number]>> = {
  512: [1024, 4096, 1024],
  1024: [2048, 8192, 1024],
  2048: [4096, 16_384, 1024],
  4096: [8192, 30_720, 1024],
  8192: [16_384, 61_440, 4096],
  16384: [32_768, 122_880, 8192],
};

export const cpuSizes = [256, ...Object.keys(offers).map(Number)];

/** Valid memory sizes in MiB for these CPU units; empty for CPU that Fargate does not offer. */
export function memorySizes(cpu: number): number[] {
  if (cpu === 256) return [512, 1024, 2048];
  const [from, to, step] = offers[cpu] ?? [1, 0, 1];
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, n) => from + n * step);
}
