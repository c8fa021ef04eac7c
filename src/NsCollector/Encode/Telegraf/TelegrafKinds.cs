namespace NsCollector.Encode.Telegraf;

/// <summary>Kinds of points of which Telegraf's docker input writes one for each device, one with the total, or both.</summary>
[Flags]
internal enum TelegrafKinds
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>docker_container_cpu.</summary>
    Cpu = 1,

    /// <summary>docker_container_net.</summary>
    Network = 2,

    /// <summary>docker_container_blkio.</summary>
    Blkio = 4,
}
