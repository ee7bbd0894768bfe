/** Formats rows as aligned columns, with this text between two columns. */
export function table(rows: readonly (readonly string[])[], between = "  "): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join(between)
      .trimEnd(),
  );
}
