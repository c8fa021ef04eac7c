namespace NsCollector.Deliver.Influx;

/// <summary>The write API of a server; compatible servers (VictoriaMetrics, vmagent, Telegraf) use the same values.</summary>
public enum InfluxVersion
{
    /// <summary>InfluxDB 1.x: <c>/write?db=&amp;rp=&amp;precision=&amp;consistency=</c>.</summary>
    V1 = 1,

    /// <summary>InfluxDB 2.x: <c>/api/v2/write?org=&amp;bucket=&amp;precision=</c>.</summary>
    V2 = 2,

    /// <summary>InfluxDB 3.x: <c>/api/v3/write_lp?db=&amp;precision=&amp;accept_partial=&amp;no_sync=</c>.</summary>
    V3 = 3,
}
