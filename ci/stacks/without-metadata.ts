/** A synthesised stack without cdktf's own metadata, which Terraform does not read. */
export function withoutMetadata(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMetadata);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== "//")
      .map(([key, each]) => [key, withoutMetadata(each)]),
  );
}
