namespace NsCollector.Catalogue;

internal static class ContainerStateFields
{
    internal static Measurement Measurement { get; } = new("container_state", SamplePart.ContainerStates, "runtime",
        "every discovery.container_states, of each runtime that has or had containers",
        "How many containers the host has of each runtime in each state, stopped ones too. The states are `running`, `paused`, and of Docker also `created`, `restarting`, `exited`, `dead` (also while it is removed) and `unknown` (its file cannot be read), as `docker ps --all` says; of podman and LXC `stopped` (exists and has no process); of other runtimes `empty` (its cgroup has no process), because they keep nothing of stopped containers. Containers that filters leave out count too; of those, paused ones as `running`, except Docker's.",
        [
            new(Reading.StateContainers, "containers", FieldType.Integer, FieldKind.Gauge, "1",
                "Containers of this runtime in this state.",
                "Docker's config.v2.json, podman's containers.json, LXC's NAME/config; the cgroups"),
        ])
    {
        MoreRowTags = ["state"],
    };
}
