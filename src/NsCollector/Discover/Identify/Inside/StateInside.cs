using NsCollector.Discover.Identify.Daemons;

namespace NsCollector.Discover.Identify.Inside;

/// <summary>
/// Finds the name and the image of a container inside another one, in the state that its runtime keeps below that one's root.
/// Any call may hang.
/// </summary>
/// <remarks>
/// Only files of known paths with the whole id are looked up; nothing is listed. Labels are not read. The names of a pod and its
/// namespace become a part of the name, so that nobody can put a container into a namespace of the host's Kubernetes.
/// </remarks>
/// <param name="proc">Where the host's procfs is.</param>
/// <param name="maxBytes">discovery.max_state_file; files inside containers are read up to <see cref="MaxBytes"/> at most.</param>
/// <param name="failed">Called for each version of a file that cannot be used, with the cgroup path of the outer container.</param>
internal sealed class StateInside(string proc, int maxBytes, Action<string, StateFileOutcome> failed)
{
    /// <summary>The largest file that is read, in bytes. Docker's file of a container has a few thousand, a listing of podman about 1,000 for each container.</summary>
    internal const int MaxBytes = 1 << 20;

    private static readonly LabelSelection NoLabels = LabelSelection.None;
    private readonly int _maxBytes = Math.Min(maxBytes, MaxBytes);

    /// <summary>What the state says of a container.</summary>
    /// <returns>The previous answer itself if its file has not changed, or if there is no file (any more).</returns>
    internal KnownIdentity Resolve(InsideRequest request)
    {
        KnownIdentity? nameless = null;
        if (!StatePlace.IsId(request.Recognised.Id)) return request.Previous ?? KnownIdentity.Nothing;
        foreach (int pid in request.Programs)
        {
            using ProgramInside? program = ProgramInside.Open(proc, pid, request.Outer);
            if (program is null) continue;
            KnownIdentity? found = Find(program, request);
            if (found?.Name is not null) return found;
            nameless ??= found;
        }

        return nameless ?? request.Previous ?? KnownIdentity.Nothing;
    }

    private KnownIdentity? Find(ProgramInside program, InsideRequest request)
    {
        string id = request.Recognised.Id;
        switch (request.Recognised.Runtime)
        {
            case ContainerRuntime.Docker:
                return DirectoryOf(program, DaemonKind.Docker, DaemonDirectory.DefaultDataRoot) is { } dataRoot
                    ? Read(program, request, $"{dataRoot}/containers/{id}/config.v2.json", IdentityKeys.Docker, DockerConfig.TryParse)
                    : null;
            case ContainerRuntime.Containerd:
                if (DirectoryOf(program, DaemonKind.Containerd, DaemonDirectory.DefaultState) is not { } state) return null;

                // The namespaces of Kubernetes, and of nerdctl and ctr unless they are told another one.
                string tasks = state + "/io.containerd.runtime.v2.task";
                return Read(program, request, $"{tasks}/k8s.io/{id}/config.json", IdentityKeys.Containerd, OciBundle.TryParse)
                    ?? Read(program, request, $"{tasks}/default/{id}/config.json", IdentityKeys.Containerd, OciBundle.TryParse);
            case ContainerRuntime.Crio:
                return PodmanStore.Directories("/run/containers/storage")
                    .Select(directory => Read(program, request, $"{directory}/{id}/userdata/config.json", IdentityKeys.Crio, OciBundle.TryParse))
                    .FirstOrDefault(found => found is not null);
            case ContainerRuntime.Podman:
                return PodmanStore.Listings("/var/lib/containers/storage").Concat(PodmanStore.TransientListings("/run/containers/storage"))
                    .Select(listing => ReadListing(program, request, listing))
                    .FirstOrDefault(found => found is not null);
            default:
                return null;
        }
    }

    // A shim or a monitor does not say where its daemon keeps its state, so the default is tried.
    private string? DirectoryOf(ProgramInside program, DaemonKind kind, string byDefault)
    {
        if (program.Name is var name && (kind == DaemonKind.Docker ? name is not ("dockerd" or "balenad") : name != "containerd")) return byDefault;
        DaemonDirectory.TryFind(kind, new DaemonArguments(program.CommandLine), ReadConfiguration, out string? directory);
        return directory;

        bool ReadConfiguration(string path, bool isNamed, out byte[] text)
        {
            StateFileOutcome outcome = FileInside.Read(program.Root, path, _maxBytes, null, out _, out text);
            return outcome == StateFileOutcome.Read || (outcome == StateFileOutcome.Missing && !isNamed);
        }
    }

    private KnownIdentity? Read(ProgramInside program, InsideRequest request, string path, IdentityKeys keys, StateFiles.Parser parse)
    {
        var draft = new IdentityDraft(keys, NoLabels);
        return Read(program, request, path, bytes => parse(bytes, draft) ? draft.ToIdentity(null) : null);
    }

    private KnownIdentity? ReadListing(ProgramInside program, InsideRequest request, string path) => Read(program, request, path, bytes =>
    {
        var containers = new Dictionary<string, KnownIdentity>(StringComparer.Ordinal);
        return PodmanListing.TryParse(bytes, null, containers, out _) ? containers.GetValueOrDefault(request.Recognised.Id) ?? KnownIdentity.Nothing : null;
    });

    private KnownIdentity? Read(ProgramInside program, InsideRequest request, string path, Func<byte[], KnownIdentity?> parse)
    {
        StateFileOutcome outcome = FileInside.Read(program.Root, path, _maxBytes, request.Previous?.Source, out StateFileStamp? version, out byte[] bytes);
        if (outcome == StateFileOutcome.Missing) return null;
        if (version is not null && version == request.Previous?.Source) return request.Previous;
        if (outcome == StateFileOutcome.Read && parse(bytes) is { } parsed)
            return new KnownIdentity(NameOf(parsed), parsed.Image, version);
        failed(request.Outer, outcome);
        return (request.Previous ?? KnownIdentity.Nothing) with { Source = version };
    }

    private static string? NameOf(KnownIdentity found) =>
        found is { Name: { } name, Pod: { } pod, Namespace: { } @namespace } ? $"{@namespace}/{pod}/{name}" : found.Name;
}
