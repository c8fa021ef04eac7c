using NsCollector.Encode.Cadvisor;
using NsCollector.Sample.Latest;

namespace NsCollector.Serve.Cadvisor;

/// <summary>Answers one request of v1.0 to v1.3.</summary>
/// <param name="answer">Writes containers.</param>
/// <param name="containers">The containers of the cycle.</param>
/// <param name="machine">The machine.</param>
/// <param name="cycle">The cycle.</param>
internal sealed class CadvisorV1(CadvisorAnswer answer, CadvisorContainers containers, MachineSource machine, LatestCycle cycle)
{
    /// <summary>Finds what the request asks for.</summary>
    /// <returns>Writes the answer.</returns>
    /// <exception cref="CadvisorException">It does not exist.</exception>
    internal Func<Task> Prepare(CadvisorPath path, CancellationToken cancellation)
    {
        switch (path.Type)
        {
            case "machine":
                CadvisorMachine parts = machine.Of(cycle.Host);
                return () =>
                {
                    parts.WriteMachine(answer.Json);
                    return Task.CompletedTask;
                };
            case "containers":
                LatestContainer one = Find(path.ContainerName, "failed to get container", () => containers.ByPath(path.ContainerName));
                return () => answer.WriteInfo(one, cancellation);
            case "subcontainers":
                List<LatestContainer> below = containers.Below(path.ContainerName);
                if (below.Count == 0) throw new CadvisorException($"failed to get subcontainers for container {GoText.Quote(path.ContainerName)} with error: no containers found");
                return () => WriteArray(below, cancellation);
            default:
                return Docker(path.Arguments, cancellation);
        }
    }

    private static LatestContainer Find(string name, string failure, Func<LatestContainer> find)
    {
        try
        {
            return find();
        }
        catch (CadvisorException e)
        {
            throw new CadvisorException($"{failure} {GoText.Quote(name)} with error: {e.Message}");
        }
    }

    private Func<Task> Docker(string reference, CancellationToken cancellation)
    {
        if (reference.Length == 0)
        {
            List<LatestContainer> all = containers.In(CadvisorReference.Docker);
            return () => WriteMap(all, cancellation);
        }

        if (reference.Contains('/', StringComparison.Ordinal)) throw new CadvisorException($"unknown request for Docker container [{reference.Replace('/', ' ')}]");
        LatestContainer one = Find(reference, "failed to get Docker container", () => containers.ByAlias(CadvisorReference.Docker, reference));
        return () => WriteMap([one], cancellation);
    }

    private async Task WriteArray(List<LatestContainer> some, CancellationToken cancellation)
    {
        answer.Json.WriteStartArray();
        foreach (LatestContainer one in some) await answer.WriteInfo(one, cancellation).ConfigureAwait(false);
        answer.Json.WriteEndArray();
    }

    private async Task WriteMap(List<LatestContainer> some, CancellationToken cancellation)
    {
        answer.Json.WriteStartObject();
        foreach (LatestContainer one in some)
        {
            answer.Json.WritePropertyName(CadvisorText.Valid(one.Container.CgroupPath));
            await answer.WriteInfo(one, cancellation).ConfigureAwait(false);
        }

        answer.Json.WriteEndObject();
    }
}
