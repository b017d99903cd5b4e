import access from './access';
import device from './device';
import devices from './devices';
import rule from './rule';
import sensor from './sensor';
import shell from './shell';

export const messages = { ...access, ...device, ...devices, ...rule, ...sensor, ...shell };
