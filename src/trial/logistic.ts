// Logistic regression whose coefficients stay between bounds and near what was thought before: the scores of rules for which
// unwanted mail lies above a threshold and wanted mail below it. Deterministic: no random start, no random order.

export interface Row {
  /** Numbers of the coefficients that count for it. */
  readonly features: readonly number[];
  /** What counts for it beside them, the threshold taken off. */
  readonly offset: number;
  readonly isPositive: boolean;
  readonly weight: number;
}

export interface Coefficient {
  /** Where it is drawn to. */
  readonly prior: number;
  readonly low: number;
  readonly high: number;
}

/** A sweep that moves no coefficient further ends it. */
const tolerance = 1e-4;
const maxSweeps = 2000;

/**
 * The coefficients b with the least Σ weight·log(1 + exp(∓(offset + Σb))) + strength/2·Σ(b - prior)², by coordinate descent.
 * Each step goes to the least value of a parabola that lies above (the logistic's curvature is at most 1/4), so that none overshoots.
 */
export function logistic(rows: readonly Row[], coefficients: readonly Coefficient[], strength: number): Float64Array {
  const found = Float64Array.from(coefficients, ({ prior, low, high }) => Math.min(high, Math.max(low, prior)));
  const sums = Float64Array.from(rows, ({ features, offset }) =>
    features.reduce((sum, feature) => sum + (found[feature] ?? 0), offset),
  );
  const rowsOf = transposed(rows, coefficients.length);
  for (let sweep = 0; sweep < maxSweeps; sweep++) {
    let furthest = 0;
    for (const [number, { prior, low, high }] of coefficients.entries()) {
      const own = rowsOf[number] ?? [];
      const now = found[number] ?? 0;
      const { slope, weight } = slopeOver(own, rows, sums);
      const step = (slope + strength * (now - prior)) / (weight / 4 + strength);
      const next = Math.min(high, Math.max(low, now - step));
      if (next === now) continue;
      found[number] = next;
      for (const row of own) sums[row] = (sums[row] ?? 0) + next - now;
      furthest = Math.max(furthest, Math.abs(next - now));
    }
    if (furthest < tolerance) break;
  }
  return found;
}

/** The numbers of the rows of each coefficient. */
function transposed(rows: readonly Row[], size: number): readonly (readonly number[])[] {
  const rowsOf = Array.from({ length: size }, (): number[] => []);
  for (const [number, { features }] of rows.entries()) for (const feature of features) rowsOf[feature]?.push(number);
  return rowsOf;
}

function slopeOver(own: readonly number[], rows: readonly Row[], sums: Float64Array) {
  let slope = 0;
  let weight = 0;
  for (const number of own) {
    const row = rows[number];
    if (row === undefined) continue;
    const probability = 1 / (1 + Math.exp(-(sums[number] ?? 0)));
    slope += row.weight * (probability - (row.isPositive ? 1 : 0));
    weight += row.weight;
  }
  return { slope, weight };
}
