/** A name without case and underscores: `vpc_id`, `VpcId` and `VPCId` are one. */
export const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
