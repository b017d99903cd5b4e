/**
 * A chart of one course over time. One finger scrolls the page, two zoom; the wheel zooms with Ctrl only. By keyboard: arrows
 * move the cursor, Page Up and Down by a tenth, + and - zoom, Escape shows everything. Loaded lazily.
 */

import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import { formatNumber, formatTime, formatWithUnit } from '../i18n/format';
import { useLocale, useT } from '../i18n/i18n';

export type Course = {
  times: number[];
  mean: (number | null)[];
  min: (number | null)[];
  max: (number | null)[];
};
export type Limits = { low?: number; high?: number; hysteresis?: number; isWithin?: boolean };
export type Mark = { time: number; value: number | undefined; isOn: boolean };
export type Window = { from: number; to: number };

export type ChartProps = {
  label: string;
  course: Course;
  /** The name of the colour in `theme/tokens.css`. */
  hue: string;
  unit: string | undefined;
  window: Window;
  limits?: Limits | undefined;
  marks?: readonly Mark[];
  isStepped?: boolean;
  onWindow: (window: Window | null) => void;
};

const HEIGHT = 250;
const ZOOM = 0.8;
const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export default function Chart(props: ChartProps) {
  const { label, course, hue, unit, window: shown, limits, marks, isStepped, onWindow } = props;
  const t = useT();
  const locale = useLocale();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const theme = document.documentElement.dataset.theme;

  // biome-ignore lint/correctness/useExhaustiveDependencies: what changes often is read from `latest` or set below
  useEffect(() => {
    const place = host.current!;
    const made = new uPlot(
      options(place.clientWidth, latest, { hue, unit, locale, isStepped: isStepped ?? false }),
      [[], [], [], []],
      place,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: place.clientWidth, height: HEIGHT }));
    observer.observe(place);
    const stop = gestures(made, latest);
    return () => {
      stop();
      observer.disconnect();
      made.destroy();
    };
  }, [hue, unit, locale, isStepped, theme]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: limits and marks are read while it draws
  useEffect(() => {
    plot.current?.setData([course.times, course.min, course.max, course.mean] as uPlot.AlignedData, false);
    plot.current?.setScale('x', { min: shown.from, max: shown.to });
  }, [course, shown.from, shown.to, limits, marks, hue, unit, locale, isStepped, theme]);

  const move = (index: number) => {
    const last = course.times.length - 1;
    const next = Math.max(0, Math.min(last, index));
    setCursor(next);
    const made = plot.current;
    const value = course.mean[next];
    if (made && value !== undefined) {
      made.setCursor({ left: made.valToPos(course.times[next]!, 'x'), top: made.valToPos(value ?? 0, 'y') });
    }
  };
  const onKey = (event: React.KeyboardEvent) => {
    const last = course.times.length - 1;
    const at = cursor ?? last;
    const tenth = Math.max(1, Math.round(course.times.length / 10));
    const span = shown.to - shown.from;
    const middle = course.times[at] ?? (shown.from + shown.to) / 2;
    const zoom = (factor: number) =>
      onWindow({
        from: middle - ((middle - shown.from) / span) * span * factor,
        to: middle + ((shown.to - middle) / span) * span * factor,
      });
    const actions: Record<string, () => void> = {
      ArrowRight: () => move(at + 1),
      ArrowLeft: () => move(at - 1),
      PageUp: () => move(at - tenth),
      PageDown: () => move(at + tenth),
      Home: () => move(0),
      End: () => move(last),
      '+': () => zoom(ZOOM / 1.6),
      '-': () => zoom(1.6 / ZOOM),
      Escape: () => onWindow(null),
    };
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  };

  const value = cursor === null ? undefined : (course.mean[cursor] ?? undefined);
  const reading =
    cursor === null || value === undefined
      ? ''
      : `${formatTime(locale, new Date(course.times[cursor]! * 1000))}, ${formatWithUnit(locale, value, unit)}${
          isBeyond(value, limits) ? `, ${t('chart.beyond')}` : ''
        }`;
  return (
    <div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the chart is read by keyboard */}
      <div className="chart" ref={host} tabIndex={0} role="img" aria-label={label} onKeyDown={onKey} />
      <p className="chart-reading small" role="status">
        {reading}
      </p>
    </div>
  );
}

export function isBeyond(value: number, limits: Limits | undefined): boolean {
  if (!limits) return false;
  const { low, high, isWithin } = limits;
  if (isWithin) return low !== undefined && high !== undefined && value >= low && value <= high;
  return (high !== undefined && value > high) || (low !== undefined && value < low);
}

type Latest = { current: ChartProps };

function options(
  width: number,
  latest: Latest,
  { hue, unit, locale, isStepped }: { hue: string; unit: string | undefined; locale: string; isStepped: boolean },
): uPlot.Options {
  const colour = token(hue);
  const faint = token('ink-3');
  const font = '13px "Geist Variable", system-ui, sans-serif';
  const paths = isStepped ? uPlot.paths.stepped?.({ align: 1 }) : uPlot.paths.linear?.();
  const degree = unit === 'C' ? '°' : '';
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 8 }, y: false },
    scales: {
      x: { time: true },
      y: {
        range: (_, low, high) => {
          const limits = latest.current.limits ?? {};
          const all = [low, high, limits.low, limits.high].filter((one) => one !== undefined && one !== null);
          const from = Math.min(...all);
          const to = Math.max(...all);
          const margin = (to - from || Math.abs(to) || 1) * 0.12;
          return [from - margin, to + margin];
        },
      },
    },
    series: [
      {},
      { stroke: 'transparent', points: { show: false } },
      { stroke: 'transparent', points: { show: false } },
      { stroke: colour, width: 2, points: { show: false }, ...(paths ? { paths } : {}) },
    ],
    bands: [{ series: [2, 1], fill: `${colour}2e` }],
    axes: [
      {
        stroke: faint,
        font,
        size: 30,
        gap: 8,
        space: 84,
        grid: { show: false },
        ticks: { show: false },
        values: (made, ticks) => axisTimes(locale, ticks, made),
      },
      {
        stroke: faint,
        font,
        size: 52,
        gap: 6,
        grid: { stroke: token('line'), width: 1 },
        ticks: { show: false },
        values: (_, ticks) => ticks.map((tick) => formatNumber(locale, tick) + degree),
      },
    ],
    hooks: {
      drawAxes: [(made) => drawLimits(made, latest.current.limits, locale)],
      draw: [(made) => drawMarks(made, latest.current, colour)],
      setSelect: [
        (made) => {
          const { left, width: wide } = made.select;
          if (wide > 8) {
            latest.current.onWindow({ from: made.posToVal(left, 'x'), to: made.posToVal(left + wide, 'x') });
          }
          made.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

function axisTimes(locale: string, ticks: number[], made: uPlot): string[] {
  const span = (made.scales.x?.max ?? 0) - (made.scales.x?.min ?? 0);
  const format = new Intl.DateTimeFormat(
    locale,
    span > 2 * 86_400 ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit' },
  );
  return ticks.map((tick) => format.format(new Date(tick * 1000)));
}

/** The part beyond the limits is tinted; the band of the hysteresis is darker; the limit is a dashed line with its value. */
function drawLimits(made: uPlot, limits: Limits | undefined, locale: string) {
  if (!limits) return;
  const { ctx, bbox } = made;
  const pixel = devicePixelRatio;
  const alarm = token('alarm');
  const y = (value: number) => Math.max(bbox.top, Math.min(bbox.top + bbox.height, made.valToPos(value, 'y', true)));
  const bottom = bbox.top + bbox.height;
  const tint = (from: number, to: number, strength: string) => {
    ctx.fillStyle = alarm + strength;
    ctx.fillRect(bbox.left, Math.min(from, to), bbox.width, Math.abs(to - from));
  };
  ctx.save();
  const { low, high, hysteresis = 0, isWithin } = limits;
  if (isWithin && low !== undefined && high !== undefined) tint(y(high), y(low), '14');
  else {
    if (high !== undefined) tint(bbox.top, y(high), '14');
    if (low !== undefined) tint(y(low), bottom, '14');
    if (high !== undefined && hysteresis) tint(y(high), y(high - hysteresis), '22');
    if (low !== undefined && hysteresis) tint(y(low + hysteresis), y(low), '22');
  }
  ctx.strokeStyle = alarm;
  ctx.fillStyle = alarm;
  ctx.lineWidth = 1.25 * pixel;
  ctx.setLineDash([5 * pixel, 4 * pixel]);
  ctx.textAlign = 'left';
  ctx.font = `550 ${12 * pixel}px "Geist Variable", sans-serif`;
  for (const limit of [low, high]) {
    if (limit === undefined) continue;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y(limit));
    ctx.lineTo(bbox.left + bbox.width, y(limit));
    ctx.stroke();
    ctx.fillText(formatNumber(locale, limit), bbox.left + 6 * pixel, y(limit) - 6 * pixel);
  }
  ctx.restore();
}

/** Notices that there were, or would have been, and the newest value. */
function drawMarks(made: uPlot, { marks = [], course }: ChartProps, colour: string) {
  const { ctx } = made;
  const pixel = devicePixelRatio;
  const dot = (time: number, value: number, radius: number, fill: string, edge?: string) => {
    ctx.beginPath();
    ctx.arc(made.valToPos(time, 'x', true), made.valToPos(value, 'y', true), radius * pixel, 0, 7);
    ctx.fillStyle = fill;
    ctx.fill();
    if (edge) {
      ctx.lineWidth = 2 * pixel;
      ctx.strokeStyle = edge;
      ctx.stroke();
    }
  };
  ctx.save();
  for (const { time, value, isOn } of marks) {
    if (value === undefined) continue;
    dot(time, value, 5, token(isOn ? 'alarm' : 'card'), token(isOn ? 'card' : 'alarm'));
  }
  const time = course.times.at(-1);
  const value = course.mean.at(-1);
  if (time !== undefined && value !== null && value !== undefined) {
    dot(time, value, 9, `${colour}33`);
    dot(time, value, 4.5, colour);
  }
  ctx.restore();
}

/** Two fingers zoom and pan; the wheel zooms with Ctrl; a double tap or click shows everything. Answers how to stop. */
function gestures(made: uPlot, latest: Latest): () => void {
  const over = made.over;
  over.style.touchAction = 'pan-y';
  const touches = new Map<number, number>();
  let begin: { window: Window; middle: number; distance: number } | null = null;
  const spread = () => {
    const [one = 0, other = 0] = [...touches.values()];
    return { middle: (one + other) / 2, distance: Math.max(20, Math.abs(one - other)) };
  };
  const zoomAt = (x: number, factor: number, { from, to }: Window) => {
    const at = from + (x / over.clientWidth) * (to - from);
    latest.current.onWindow({ from: at - (at - from) * factor, to: at + (to - at) * factor });
  };
  const onWheel = (event: WheelEvent) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoomAt(event.offsetX, event.deltaY < 0 ? ZOOM : 1 / ZOOM, latest.current.window);
  };
  const onDown = (event: PointerEvent) => {
    if (event.pointerType !== 'touch') return;
    touches.set(event.pointerId, event.offsetX);
    begin = touches.size === 2 ? { window: latest.current.window, ...spread() } : null;
  };
  const onMove = (event: PointerEvent) => {
    if (!touches.has(event.pointerId)) return;
    touches.set(event.pointerId, event.offsetX);
    if (!begin) return;
    const { middle, distance } = spread();
    const { from, to } = begin.window;
    const moved = ((begin.middle - middle) / over.clientWidth) * (to - from);
    zoomAt(middle, begin.distance / distance, { from: from + moved, to: to + moved });
  };
  const onUp = (event: PointerEvent) => {
    touches.delete(event.pointerId);
    begin = null;
  };
  const onDouble = () => latest.current.onWindow(null);
  over.addEventListener('wheel', onWheel, { passive: false });
  over.addEventListener('pointerdown', onDown);
  over.addEventListener('pointermove', onMove);
  window.addEventListener('pointerup', onUp);
  window.addEventListener('pointercancel', onUp);
  over.addEventListener('dblclick', onDouble);
  return () => {
    window.removeEventListener('pointerup', onUp);
    window.removeEventListener('pointercancel', onUp);
  };
}
