namespace NsCollector.Encode;

/// <summary>When container points carry the tag <c>id</c> (<c>identity.id</c>).</summary>
internal enum IdTag
{
    /// <summary>Where two live containers would share a series.</summary>
    Collision,

    /// <summary>Always.</summary>
    Tag,
}
