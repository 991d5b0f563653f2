using System.Runtime.Versioning;

// Unix sockets, file modes and signals are what the node is made of.
[assembly: UnsupportedOSPlatform("windows")]
