namespace NsCollector.Discover.Identify.States;

/// <summary>
/// The containers of LXC (NAME/config in a directory of lxc.lxcpath) and the instances of LXD and Incus (ROOT/containers/NAME):
/// those without a process are <see cref="RunState.Stopped"/>.
/// </summary>
/// <param name="lxcRoots">The directories of LXC.</param>
/// <param name="lxdRoots">The directories of LXD and Incus.</param>
/// <param name="context">Bounds and errors.</param>
internal sealed class LxcCensus(IEnumerable<string> lxcRoots, IEnumerable<string> lxdRoots, CensusContext context) : IRuntimeCensus
{
    private readonly Root[] _roots =
    [
        .. lxcRoots.Select(path => new Root(path, "/config", context.MaxContainers)),
        .. lxdRoots.Select(path => new Root(path + "/containers", "", context.MaxContainers)),
    ];

    /// <inheritdoc/>
    public void Count(HashSet<string> live, CensusDraft draft)
    {
        foreach (Root root in _roots)
        {
            if (!root.Refresh(context)) continue;
            draft.Add(ContainerRuntime.Lxc, RunState.Stopped, root.CountStopped(live));
        }
    }

    private sealed class Root(string path, string file, int maxContainers)
    {
        private readonly SubdirectoryNames _names = new(path, maxContainers);
        private readonly StatePlace _configuration = new(path + "/", file);
        private int _failed;

        /// <returns>Whether the directory exists and can be read.</returns>
        internal bool Refresh(CensusContext context)
        {
            if (_names.Refresh())
            {
                if (_names.Error != 0 && _names.Error != _failed) context.Failed(path, StateFileOutcome.Unreadable);
                _failed = _names.Error;
                if (_names.LeftOut > 0) context.OverLimit(path, _names.LeftOut);
            }

            return _names.Exists && _names.Error == 0;
        }

        internal int CountStopped(HashSet<string> live)
        {
            int stopped = 0;
            foreach (string name in _names.Names)
            {
                // A directory without a configuration is no container.
                if (!live.Contains(name) && _configuration.Look(name) == 0) stopped++;
            }

            return stopped;
        }
    }
}
