/** What a role may do, as `sharing/model.py` says: an operator switches and sets, an owner does everything. */

export const maySwitch = (role: string): boolean => role === 'owner' || role === 'operator';
export const mayOwn = (role: string): boolean => role === 'owner';
