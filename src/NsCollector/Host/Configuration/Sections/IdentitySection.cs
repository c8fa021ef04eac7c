using System.Collections.Immutable;
using NsCollector.Discover;
using NsCollector.Encode;
using NsCollector.Host.Configuration.Values;

namespace NsCollector.Host.Configuration.Sections;

/// <summary>The section <c>[identity]</c>.</summary>
internal static class IdentitySection
{
    internal static ConfigurationSection Section { get; } = new("identity", false,
        "Which tags identify a container: when its id is added, and which labels become tags.");

    private static readonly SectionKeys<IdentityOptions> Identity = new(Section, (draft, _) => draft.Identity, (draft, _, options) => draft.Identity = options);
    private static readonly SectionKeys<EncodeOptions> Encode = new(Section, (draft, _) => draft.Encode, (draft, _, options) => draft.Encode = options);

    internal static ImmutableArray<ConfigurationKey> Keys { get; } =
    [
        Encode.Key("id", new ChoiceValue<IdTag>(("collision", IdTag.Collision), ("tag", IdTag.Tag)), e => e.IdTag, (e, v) => e with { IdTag = v },
            "When points have the tag `id`, the first 12 characters of the container's id. `collision`: only if two live containers would share a series. `tag`: always."),
        Identity.Key("labels", new ListValue("globs of label keys", _ => null), i => i.Labels, (i, v) => i with { Labels = v },
            "The labels that become tags `label_KEY`: Docker's labels, the OCI annotations of containerd, the labels of CRI-O's pods. Each distinct value creates new series in the database.",
            example: "com.docker.compose.*, team"),
        Identity.Key("environment", new ListValue("names of environment variables", VariableProblem), i => i.Environment, (i, v) => i with { Environment = v },
            "The environment variables that become tags `env_NAME`, by their exact names, for containers of Docker, containerd and CRI-O. Variables often contain secrets; do not list those.",
            example: "APP_VERSION, REGION"),
        Identity.Key("orchestrator_tags", new SwitchValue(), i => i.OrchestratorTags, (i, v) => i with { OrchestratorTags = v },
            "Add the tags `compose_project`, `compose_service`, `swarm_service` and `owner` (of a pod) to containers that have the labels for them."),
        Identity.Key("max_orchestrator_values", new IntegerValue(1, 1_000_000), i => i.MaxOrchestratorValues, (i, v) => i with { MaxOrchestratorValues = v },
            "Maximum distinct values of each of these tags since the agent's start. Further ones are counted and left out."),
        Identity.Key("max_label_keys", new IntegerValue(1, 10_000), i => i.MaxLabelKeys, (i, v) => i with { MaxLabelKeys = v },
            "Maximum distinct label keys since the agent's start. Labels with further keys are counted and left out."),
        Identity.Key("max_label_values", new IntegerValue(1, 1_000_000), i => i.MaxLabelValues, (i, v) => i with { MaxLabelValues = v },
            "Maximum distinct values of each label and each environment variable since the agent's start. Further ones are counted and left out."),
        Identity.Key("max_image_values", new IntegerValue(1, 10_000_000), i => i.MaxImageValues, (i, v) => i with { MaxImageValues = v },
            "Maximum distinct images since the agent's start. Further ones are counted and get no tag `image`."),
    ];

    // A glob could select a secret that nobody thought of.
    private static string? VariableProblem(string name) =>
        name.AsSpan().IndexOfAny("*?[=") >= 0 ? "globs are not allowed here; write the whole name of each variable"
            : name.Length > 255 ? "a name has at most 255 characters" : null;
}
