namespace CredentialBroker.Cli;

/// <summary>Reads a token, and says so when others on this machine can read it too.</summary>
internal static class TokenFile
{
    private const int Longest = 64 * 1024;
    private const UnixFileMode Others = (UnixFileMode)0b000_111_111;

    public static async Task<string> ReadAsync(string file, Shell shell, CancellationToken cancel)
    {
        if (new FileInfo(file) is { Exists: true, Length: > Longest }) throw CommandException.Usage($"{file} is larger than any token");
        WarnIfOpen(file, shell);
        var token = (await File.ReadAllTextAsync(file, cancel)).Trim();
        if (token.Length == 0 || token.Any(c => c is < '!' or > '~')) throw CommandException.Usage($"{file} does not hold one token");
        return token;
    }

    public static void WarnIfOpen(string file, Shell shell)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & Others) != 0) shell.Say($"credbroker: warning: {file} is open to others; chmod 600 it");
    }
}
