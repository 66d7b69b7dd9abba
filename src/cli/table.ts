// Tables for a terminal: columns as wide as what stands in them, numbers to the right.

/** The first row is the head. A column is aligned as the head's cell says: to the right where it begins with a space. */
export function table(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows;
  const widths = head.map((cell, column) =>
    Math.max(cell.trim().length, ...rows.slice(1).map(row => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]): string =>
    head
      .map((cell, column) => {
        const text = (row[column] ?? '').trim();
        const width = widths[column] ?? 0;
        return cell.startsWith(' ') ? text.padStart(width) : text.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return rows.map(row => `${line(row)}\n`).join('');
}
