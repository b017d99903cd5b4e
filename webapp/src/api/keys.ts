/** The keys of all cached answers. What concerns one device begins with its name, so that all of it can be asked anew. */

export const keys = {
  devices: ['devices'] as const,
  overview: ['overview'] as const,
  groups: ['groups'] as const,
  invitations: ['invitations'] as const,
  account: (...rest: string[]) => ['account', ...rest] as const,
  notices: (...rest: unknown[]) => ['notices', ...rest] as const,
  messages: (...rest: unknown[]) => ['messages', ...rest] as const,
  locations: ['locations'] as const,
  catalogue: ['catalogue'] as const,
  administration: (...rest: unknown[]) => ['administration', ...rest] as const,
  preferences: ['preferences'] as const,
  device: (name: string, ...rest: unknown[]) => ['device', name, ...rest] as const,
};
