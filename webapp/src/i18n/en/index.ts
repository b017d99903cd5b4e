import access from './access';
import device from './device';
import devices from './devices';
import enrolment from './enrolment';
import rule from './rule';
import sensor from './sensor';
import shell from './shell';

export const messages = { ...access, ...device, ...devices, ...enrolment, ...rule, ...sensor, ...shell };
