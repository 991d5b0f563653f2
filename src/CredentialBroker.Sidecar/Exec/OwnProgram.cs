namespace CredentialBroker.Sidecar.Exec;

/// <summary>This program as others have to start it.</summary>
internal static class OwnProgram
{
    /// <summary>Itself; or the runtime and itself, where it was started through the runtime.</summary>
    public static IReadOnlyList<string> Words { get; } =
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Environment.ProcessPath!, Path.GetFullPath(Environment.GetCommandLineArgs()[0])] : [Environment.ProcessPath!];
}
