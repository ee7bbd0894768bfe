import { renderGrid, type Scene, statusLine } from "./grid.ts";

/** Shows scenes: redrawn in place on a terminal, a line every few seconds elsewhere. */
export interface Screen {
  show(scene: Scene): void;
  /** A line that stays. */
  say(line: string): void;
}

const lineEveryMs = 2000;

export function screen(output: NodeJS.WriteStream, now: () => number): Screen {
  let drawn = 0;
  let lastLine = 0;
  const clear = () => {
    if (drawn > 0) output.write(`\x1b[${drawn}A\x1b[J`);
    drawn = 0;
  };
  return {
    say(line) {
      if (output.isTTY) clear();
      output.write(`${line}\n`);
    },
    show(scene) {
      if (output.isTTY) {
        clear();
        const lines = renderGrid(scene);
        output.write(`${lines.join("\n")}\n`);
        drawn = lines.length;
      } else if (now() - lastLine >= lineEveryMs) {
        lastLine = now();
        output.write(`${statusLine(scene)}\n`);
      }
    },
  };
}
