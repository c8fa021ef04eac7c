namespace NsCollector.LinuxTests.Deliver.File;

/// <summary>A test with real tailers. It is skipped if one of them was not unpacked, and names it.</summary>
public sealed class TailerFactAttribute : FactAttribute
{
    public TailerFactAttribute() => Skip = new RequiresFactAttribute("tail", TailerProgram.Rsyslogd, TailerProgram.SyslogNg).Skip;
}
