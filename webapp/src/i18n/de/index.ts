import access from './access';
import device from './device';
import devices from './devices';
import shell from './shell';

export const messages = { ...access, ...device, ...devices, ...shell };
