namespace NsCollector.Encode.Cadvisor;

/// <summary>The identifiers of the machine; null if unknown.</summary>
/// <param name="MachineId">The installed system: machine-id(5).</param>
/// <param name="SystemUuid">The hardware.</param>
/// <param name="BootId">The current boot.</param>
internal sealed record CadvisorIdentity(string? MachineId, string? SystemUuid, string? BootId);
