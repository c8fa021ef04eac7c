using NsCollector.Telemetry;

namespace NsCollector.Discover.Identify;

/// <summary>Removes the tag of images beyond identity.max_image_values, and counts them. Used by one thread.</summary>
/// <param name="guard">Counts the images.</param>
/// <param name="options">The bound.</param>
/// <param name="counters">Counts the images left out.</param>
/// <param name="log">Receives the warning.</param>
internal sealed class ImageLimit(TagGuard guard, IdentityOptions options, AgentCounters counters, RateLimitedLog log)
{
    /// <summary>Applies the limit to a new answer.</summary>
    internal KnownIdentity Apply(KnownIdentity found, KnownIdentity? previous)
    {
        bool isKnown = found.Image == previous?.Image;
        bool isOverLimit = isKnown ? previous?.ImageOverLimit == true : found.Image is { } image && !guard.AdmitImage(image);
        if (isOverLimit && !isKnown)
        {
            counters.Add(AgentCounter.ImagesOverLimit);
            log.Warning("images over limit", $"More than {options.MaxImageValues} different images since the agent started, so containers of other images have no image tag. Raise identity.max_image_values.");
        }

        return isOverLimit != found.ImageOverLimit ? found with { ImageOverLimit = isOverLimit } : found;
    }
}
