const WIDTH = 120;
const HEIGHT = 34;
const MARGIN = 3;
const WIDEST_GAP = 0.7;

export type SparklineProps = {
  /** Times in epoch seconds, oldest first, and the values beside them. */
  times: readonly number[];
  values: readonly number[];
  colour: string;
  threshold?: number;
  /** Until when the line reaches; the part after the newest value is drawn as a gap. */
  until?: number;
};

/** A small line of the newest values. It repeats what is written beside it, so that it is hidden from screen readers. */
export function Sparkline({ times, values, colour, threshold, until }: SparklineProps) {
  if (values.length < 2) return null;
  const all = threshold === undefined ? values : [...values, threshold];
  const low = Math.min(...all);
  const high = Math.max(...all);
  const first = times[0]!;
  const newest = times.at(-1)!;
  // However long the gap, the course stays readable.
  const last = Math.max(newest, Math.min(until ?? 0, newest + (newest - first) * WIDEST_GAP));
  const x = (time: number) => ((time - first) / (last - first || 1)) * WIDTH;
  const y = (value: number) => HEIGHT - MARGIN - ((value - low) / (high - low || 1)) * (HEIGHT - 2 * MARGIN);
  const points = values.map((value, index) => `${x(times[index]!).toFixed(1)},${y(value).toFixed(1)}`).join(' L');
  const end = x(times.at(-1)!);
  return (
    <svg className="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={`M0,${HEIGHT} L${points} L${end.toFixed(1)},${HEIGHT}Z`} fill={colour} opacity=".1" />
      {threshold !== undefined && (
        <path
          d={`M0,${y(threshold).toFixed(1)}H${WIDTH}`}
          stroke="var(--alarm)"
          strokeDasharray="2 3"
          vectorEffect="non-scaling-stroke"
        />
      )}
      {end < WIDTH - 1 && (
        <path
          d={`M${end.toFixed(1)},${y(values.at(-1)!).toFixed(1)}H${WIDTH}`}
          stroke="var(--ink-3)"
          strokeDasharray="1 4"
          vectorEffect="non-scaling-stroke"
        />
      )}
      <path
        d={`M${points}`}
        fill="none"
        stroke={colour}
        strokeWidth="1.7"
        strokeLinejoin="round"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
