import type en from '../en/enrolment';

export default {
  'enrolment.scan': 'Etikett scannen',
  'enrolment.noCamera': 'Die Kamera ist nicht verfügbar. Geben Sie ein, was auf dem Etikett steht.',
  'enrolment.generate': 'Nummer erzeugen',
  'enrolment.deviceid': 'Gerätenummer',
  'enrolment.serialnumber': 'Seriennummer',
  'enrolment.devicename': 'Name',
  'enrolment.key': 'Privater Schlüssel',
  'enrolment.key.here': 'Schlüssel hier erzeugen',
  'enrolment.key.hereText': 'Er verlässt diesen Browser nie; die Plattform sieht nur eine Anforderung.',
  'enrolment.key.platform': 'Von der Plattform erzeugen lassen',
  'enrolment.key.platformText': 'Er wird einmal gezeigt und nirgends aufbewahrt.',
  'enrolment.added': '{name} ist hinzugefügt',
  'enrolment.files': 'Dateien für das Gerät',
  'enrolment.filesText':
    'Schlüssel, Zertifikat und Adresse des Brokers. Der Schlüssel wird nicht gespeichert: sichern Sie die Dateien jetzt.',
  'enrolment.save': 'Dateien sichern',
  'enrolment.saved': 'gesichert',
  'enrolment.waiting': 'Warten, bis sich das Gerät verbindet',
  'enrolment.connected': 'Das Gerät ist verbunden',
  'enrolment.open': 'Gerät öffnen',
} as const satisfies Record<keyof typeof en, string>;
