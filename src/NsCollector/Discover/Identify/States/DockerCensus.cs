namespace NsCollector.Discover.Identify.States;

/// <summary>
/// Counts Docker's containers from ROOT/containers/ID/config.v2.json of each data root, in the states of <c>docker ps --all</c>.
/// Docker writes the file whenever the state changes. A file that has not changed costs one statx(2).
/// </summary>
/// <param name="dataRoots">The data roots, which the thread that resolves names finds.</param>
/// <param name="context">Bounds and error handling.</param>
internal sealed class DockerCensus(DockerDataRoots dataRoots, CensusContext context) : IRuntimeCensus
{
    private static readonly RunState[] States =
        [RunState.Created, RunState.Running, RunState.Paused, RunState.Restarting, RunState.Exited, RunState.Dead, RunState.Unknown];

    private readonly Dictionary<string, Root> _roots = new(StringComparer.Ordinal);
    private readonly HashSet<string> _counted = new(StringComparer.Ordinal);
    private HashSet<string> _ids = [];

    /// <inheritdoc/>
    public void Count(LiveContainers live, CensusDraft draft)
    {
        bool exists = false, isChanged = false;
        foreach (string path in dataRoots.KnownPaths)
        {
            if (!_roots.TryGetValue(path, out Root? root)) _roots.Add(path, root = new Root(path, context));
            isChanged |= root.Refresh();
            exists |= root.Exists;
        }

        if (!exists) return;
        if (isChanged) _ids = new HashSet<string>(_roots.Values.SelectMany(root => root.Ids), StringComparer.Ordinal);
        foreach (RunState state in States) draft.Add(ContainerRuntime.Docker, state, 0);

        // One directory may have two paths: by a symbolic link, or as a mount in the agent's container and below process 1's root.
        _counted.Clear();
        foreach (Root root in _roots.Values) root.Count(draft, _counted);
        draft.SetComplete(ContainerRuntime.Docker, _ids);
    }

    private sealed class Root(string path, CensusContext context)
    {
        private readonly SubdirectoryNames _names = new(path + "/containers", context.MaxContainers);
        private Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
        private int _failed;

        internal bool Exists => _names.Exists;

        internal IEnumerable<string> Ids => _entries.Keys;

        /// <returns>Whether the set of containers has changed.</returns>
        internal bool Refresh()
        {
            if (!_names.Refresh()) return false;
            if (_names.Error != 0 && _names.Error != _failed) context.Failed(path + "/containers", StateFileOutcome.Unreadable);
            _failed = _names.Error;
            if (_names.LeftOut > 0) context.OverLimit(path + "/containers", _names.LeftOut);
            var entries = new Dictionary<string, Entry>(StringComparer.Ordinal);
            foreach (string name in _names.Names)
            {
                if (StatePlace.IsId(name)) entries.Add(name, _entries.GetValueOrDefault(name) ?? new Entry($"{path}/containers/{name}/config.v2.json"));
            }

            _entries = entries;
            return true;
        }

        internal void Count(CensusDraft draft, HashSet<string> counted)
        {
            foreach ((string id, Entry entry) in _entries)
            {
                if (entry.State(context) is { } state && counted.Add(id)) draft.Add(ContainerRuntime.Docker, state, 1);
            }
        }
    }

    private sealed class Entry(string path)
    {
        private StateFileStamp? _stamp;
        private RunState? _state;

        /// <summary>The state of a container; null if the file does not exist (yet).</summary>
        internal RunState? State(CensusContext context)
        {
            if (_stamp is { } stamp && stamp.IsCurrent()) return _state;
            StateFile file = StateFile.Read(path, context.MaxFileBytes);
            try
            {
                _stamp = file.Stamp;
                _state = null;
                if (file.Outcome == StateFileOutcome.Missing) return null;
                if (file.Outcome == StateFileOutcome.Read) _state = DockerState.TryParse(file.Bytes, out DockerState? parsed) ? parsed.RunState : null;
                if (_state is null) context.Failed(path, file.Outcome);
                return _state ??= RunState.Unknown;
            }
            finally
            {
                file.Dispose();
            }
        }
    }
}
