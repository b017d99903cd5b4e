import jsQR from 'jsqr';
import { useEffect, useRef, useState } from 'react';
import { useT } from '../../i18n/i18n';
import { type Label, readLabel } from './label';

const FRAME_MS = 200;
const WIDEST = 640;

/** The camera, until it sees the label of a device. */
export default function Scan({ onLabel }: { onLabel: (label: Label) => void }) {
  const t = useT();
  const video = useRef<HTMLVideoElement>(null);
  const [isRefused, setIsRefused] = useState(false);
  const found = useRef(onLabel);
  found.current = onLabel;
  useEffect(() => {
    let stream: MediaStream | undefined;
    let timer: ReturnType<typeof setInterval> | undefined;
    let isOver = false;
    const canvas = document.createElement('canvas');
    const look = () => {
      const picture = video.current;
      if (!picture?.videoWidth) return;
      const scale = Math.min(1, WIDEST / picture.videoWidth);
      canvas.width = picture.videoWidth * scale;
      canvas.height = picture.videoHeight * scale;
      const context = canvas.getContext('2d', { willReadFrequently: true })!;
      context.drawImage(picture, 0, 0, canvas.width, canvas.height);
      const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
      const label = readLabel(jsQR(data, width, height)?.data ?? '');
      if (label) found.current(label);
    };
    navigator.mediaDevices
      ?.getUserMedia({ video: { facingMode: 'environment' } })
      .then((given) => {
        stream = given;
        if (isOver || !video.current) {
          for (const track of given.getTracks()) track.stop();
          return undefined;
        }
        video.current.srcObject = given;
        timer = setInterval(look, FRAME_MS);
        return video.current.play();
      })
      .catch(() => setIsRefused(true));
    if (!navigator.mediaDevices) setIsRefused(true);
    return () => {
      isOver = true;
      clearInterval(timer);
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
  }, []);
  if (isRefused) return <p className="notice warn">{t('enrolment.noCamera')}</p>;
  return <video ref={video} className="scan" playsInline muted aria-label={t('enrolment.scan')} />;
}
