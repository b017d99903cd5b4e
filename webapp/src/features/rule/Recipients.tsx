import { NOTICE_FIELDS, type Properties } from '../../board/fields';
import { useT } from '../../i18n/i18n';
import { SpecForm } from '../../ui/SpecForm';

type RecipientsProps = {
  properties: Properties;
  disabled?: boolean | undefined;
  onChange: (properties: Properties) => void;
};

/** Who is told, by which channels, in which words. */
export function Recipients(props: RecipientsProps) {
  const t = useT();
  return (
    <fieldset className="recipients">
      <legend>{t('rule.who')}</legend>
      <SpecForm fields={NOTICE_FIELDS} {...props} />
    </fieldset>
  );
}
