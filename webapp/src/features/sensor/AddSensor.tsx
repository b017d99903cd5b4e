import { must, type Schemas } from '@iotcloud/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ChevronRight } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { keys } from '../../api/keys';
import { classView, hueOf } from '../../board/classes';
import type { Bus, Port } from '../../board/ports';
import { useT } from '../../i18n/i18n';
import { api } from '../../session/session';
import { Failure } from '../../ui/Failure';
import { Field } from '../../ui/Field';
import { Loading } from '../../ui/Page';
import type { Device, Sensor } from '../device/queries';

type Model = Omit<Schemas['I2cModel'], 'class' | 'type'> & Pick<Schemas['NewSensor'], 'class' | 'type'>;

type AddSensorProps = { device: Device; port: Port; taken: readonly Sensor[]; onDone: () => void };

/** Choose a model of the catalogue, name it, and on I2C give its address. */
export function AddSensor({ device, port, taken, onDone }: AddSensorProps) {
  const t = useT();
  const [model, setModel] = useState<Model | null>(null);
  const catalogue = useQuery({
    queryKey: keys.catalogue,
    queryFn: async () => (await must(api.GET('/others/sensordevices'))).document,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const models = modelsOf(catalogue.data, port.source as Bus);
  return (
    <section className="card panel" aria-label={t('sensor.add')}>
      <header>
        <div>
          <h2 className="title">{model ? model.name : t('sensor.choose', { port: port.label })}</h2>
          {model && <p>{model.manufacturer}</p>}
        </div>
        <button type="button" className="button plain" onClick={() => (model ? setModel(null) : onDone())}>
          {t('action.cancel')}
        </button>
      </header>
      {catalogue.isPending && <Loading />}
      {catalogue.error && <Failure failure={catalogue.error} onRetry={() => void catalogue.refetch()} />}
      {model ? (
        <NameForm device={device} port={port} model={model} taken={taken} onDone={onDone} />
      ) : (
        <ul className="rows">
          {models.map((one) => {
            const { icon: Icon } = classView(one.class);
            return (
              <li key={one.id}>
                <Icon size={22} style={{ color: hueOf(one.class) }} aria-hidden="true" />
                <button type="button" className="choose" onClick={() => setModel(one)}>
                  <span className="text">
                    <b>{one.name}</b>
                    <span>
                      {one.desc}, {one.manufacturer}
                    </span>
                  </span>
                  <ChevronRight size={18} aria-hidden="true" />
                </button>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

function modelsOf(document: Schemas['SensorDevicesAnswer']['document'] | undefined, bus: Bus): Model[] {
  return Object.entries(document?.[bus.toUpperCase()] ?? {}).flatMap(([manufacturer, models]) =>
    models.map((model) => ({ ...model, manufacturer }) as Model),
  );
}

type NameFormProps = AddSensorProps & { model: Model };

function NameForm({ device, port, model, taken, onDone }: NameFormProps) {
  const t = useT();
  const queries = useQueryClient();
  const free = freeAddress(model, taken);
  const adding = useMutation({
    mutationFn: async ({ name, address }: { name: string; address: number | undefined }) => {
      const { id: _id, name: _name, desc: _desc, addresses: _addresses, ...record } = model;
      const path = `/devices/device/{devicename}/${port.source as Bus}/{number}/sensors/sensor/{sensorname}` as const;
      await must(
        api.POST(path, {
          params: { path: { devicename: device.devicename, number: port.number, sensorname: name } },
          body: { ...record, ...(address === undefined ? {} : { address }) },
        }),
      );
      await queries.refetchQueries({ queryKey: keys.device(device.devicename, 'sensors', port.source) });
    },
    onSuccess: onDone,
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const address = port.isAddressed ? Number(form.get('address')) : undefined;
    adding.mutate({ name: String(form.get('name')).trim(), address });
  };
  return (
    <form className="form" onSubmit={submit}>
      <p className="muted">{model.desc}</p>
      <Field
        label={t('sensor.name')}
        name="name"
        defaultValue={`${model.name} ${1 + taken.length}`}
        maxLength={64}
        pattern="[^\/]+"
        required
      />
      {port.isAddressed && (
        <Field
          label={t('sensor.address')}
          name="address"
          type="number"
          min={1}
          max={255}
          defaultValue={free}
          hint={model.addresses && t('sensor.addressHint', { from: model.addresses.default, to: model.addresses.max })}
          required
        />
      )}
      {adding.error && <Failure failure={adding.error} />}
      <button type="submit" className="button primary" disabled={adding.isPending}>
        {t('action.add')}
      </button>
    </form>
  );
}

function freeAddress({ addresses }: Model, taken: readonly Sensor[]): number | undefined {
  if (!addresses) return undefined;
  const used = new Set(taken.map((sensor) => sensor.address));
  for (let address = addresses.default; address <= addresses.max; address += 1) {
    if (!used.has(address)) return address;
  }
  return addresses.default;
}
