import type en from '../en/devices';

export default {
  'devices.title': 'Geräte',
  'devices.summary':
    '{online} von {total} online{attention, plural, =0 {} one {, # braucht Aufmerksamkeit} other {, # brauchen Aufmerksamkeit}}',
  'devices.search': 'Geräte suchen',
  'devices.add': 'Gerät hinzufügen',
  'devices.filter': 'Filter',
  'devices.all': 'Alle',
  'devices.attention': 'Aufmerksamkeit',
  'devices.away': 'Nicht da',
  'devices.shared': 'Geteilt',
  'devices.section.attention': 'Braucht Aufmerksamkeit',
  'devices.section.online': 'Online',
  'devices.section.away': 'Nicht da',
  'devices.section.unknown': 'Zustand nicht bekannt',
  'devices.empty.title': 'Noch kein Gerät',
  'devices.empty.text': 'Fügen Sie das erste hinzu: Etikett scannen, oder Nummer und Seriennummer eingeben.',
  'devices.none.title': 'Nichts gefunden',
  'devices.none.text': 'Kein Gerät passt zu Suche und Filter.',
  'devices.beyond': '{name} ist jenseits der Grenze',
  'devices.silent': 'Nichts gehört von {name}',
  'devices.awaySince': 'Nicht da seit {age}',
  'devices.neverSeen': 'Noch nie verbunden',
  'devices.sharedBy': 'mit Ihnen geteilt',
} as const satisfies Record<keyof typeof en, string>;
