using NsCollector.Linux.Interop;

Console.WriteLine(NativeShim.InterfaceVersion());
return 0;
