using System.Runtime.Versioning;

// Unix sockets, file modes and signals are what the sidecar is made of.
[assembly: UnsupportedOSPlatform("windows")]
