namespace NsCollector.Catalogue;

internal static class ContainerStateFields
{
    internal static Measurement Measurement { get; } = new("container_state", SamplePart.ContainerStates, "runtime",
        "every discovery.container_states, for each runtime that has or had containers",
        "Number of containers of the host by runtime and state, including stopped ones. All runtimes have the states `running` and `paused`. Docker also has `created`, `restarting`, `exited` and `dead` (also while it is removed), as in `docker ps --all`, and `unknown` (its file cannot be read). podman and LXC also have `stopped` (it exists and has no process). Other runtimes also have `empty` (its cgroup has no process), because they keep no files of stopped containers. Containers that filters exclude are counted too: paused ones as `running`, except Docker's.",
        [
            new(Reading.StateContainers, "containers", FieldType.Integer, FieldKind.Gauge, "1",
                "Containers of this runtime in this state.",
                "Docker's config.v2.json, podman's containers.json, LXC's NAME/config; the cgroups"),
        ])
    {
        MoreRowTags = ["state"],
    };
}
