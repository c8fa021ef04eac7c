using NsCollector.Encode.Cadvisor;
using NsCollector.Sample.Latest;
using NsCollector.Serve.Http;

namespace NsCollector.Serve.Cadvisor;

/// <summary>Answers one request of v2.0 or v2.1.</summary>
/// <param name="answer">Writes containers.</param>
/// <param name="containers">The containers of the cycle.</param>
/// <param name="machine">The machine.</param>
/// <param name="cycle">The cycle.</param>
/// <param name="options">The agent's version.</param>
internal sealed class CadvisorV2(CadvisorAnswer answer, CadvisorContainers containers, MachineSource machine, LatestCycle cycle, CadvisorOptions options)
{
    /// <summary>Finds what the request asks for.</summary>
    /// <returns>Writes the answer.</returns>
    /// <exception cref="CadvisorException">It does not exist, or a parameter is wrong.</exception>
    internal Func<Task> Prepare(CadvisorPath path, RequestQuery query, CancellationToken cancellation)
    {
        bool isV2Point1 = path.Version == "v2.1";
        List<LatestContainer> some = path.Type is "summary" or "stats" or "spec" ? Find(path.ContainerName, query) : [];
        if (query["max_age"] is { Length: > 0 } age && !GoText.IsDuration(age)) throw new CadvisorException($"failed to parse 'max_age' option: time: invalid duration {GoText.Quote(age)}");
        switch (path.Type)
        {
            case "version":
                return Written(() => answer.Json.WriteStringValue(options.Version));
            case "machine":
                CadvisorMachine parts = machine.Of(cycle.Host);
                return Written(() => parts.WriteMachine(answer.Json));
            case "attributes":
                CadvisorMachine attributes = machine.Of(cycle.Host);
                return Written(() => attributes.WriteAttributes(answer.Json, options.Version));
            case "storage":
                if (query["uuid"].Length > 0 || query["label"].Length > 0) throw new CadvisorException("file systems cannot be selected by uuid or label");
                return Written(() => CadvisorFilesystems.WriteStorage(answer.Json, cycle.Host));
            case "machinestats":
                LatestContainer root = containers.ByPath("/");
                return () => answer.WriteStats(root, CadvisorForm.Machine, cancellation);
            case "summary":
                return () => WriteMap(some, one => answer.WriteSummary(one, cancellation));
            case "spec":
                return () => WriteMap(some, one => answer.WriteSpec(one, cancellation));
            default:
                // In v2.1, the root is the machine.
                return isV2Point1 ? () => WriteMap(some.FindAll(one => one.Container.CgroupPath != "/"), one => answer.WriteSpecAndStats(one, cancellation))
                    : () => WriteMap(some, one => answer.WriteStats(one, CadvisorForm.V2Point0, cancellation));
        }
    }

    private static Func<Task> Written(Action write) => () =>
    {
        write();
        return Task.CompletedTask;
    };

    // getRequestedContainers in cAdvisor's manager/manager.go.
    private List<LatestContainer> Find(string name, RequestQuery query)
    {
        string type = query["type"] is { Length: > 0 } given ? given : "name";
        bool isRecursive = query["recursive"] == "true";
        switch (type)
        {
            case "name" when !isRecursive:
                return [containers.ByPath(name)];
            case "name":
                return containers.Below(name) is { Count: > 0 } below ? below : throw new CadvisorException("unknown container: " + GoText.Quote(name));
            case "docker" or "podman" when isRecursive:
                return name == "/" ? containers.In(type) : throw new CadvisorException($"invalid request for {type} container {GoText.Quote(name)} with subcontainers");
            case "docker" or "podman":
                return [containers.ByAlias(type, name[1..])];
            default:
                throw new CadvisorException("unknown 'type' " + GoText.Quote(type));
        }
    }

    private async Task WriteMap(List<LatestContainer> some, Func<LatestContainer, Task> write)
    {
        answer.Json.WriteStartObject();
        foreach (LatestContainer one in some)
        {
            answer.Json.WritePropertyName(CadvisorText.Valid(one.Container.CgroupPath));
            await write(one).ConfigureAwait(false);
        }

        answer.Json.WriteEndObject();
    }
}
