/** The call of gRPC's own health checks (grpc.health.v1), which most of its libraries answer. */
export const grpcHealthPath = "/grpc.health.v1.Health/Check";
