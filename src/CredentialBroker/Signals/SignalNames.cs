namespace CredentialBroker.Signals;

/// <summary>How streams are called: in the configuration, in addresses, and as exports.</summary>
internal static class SignalNames
{
    public static bool IsName(string name) => name.Length is > 0 and <= 64 && name.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-');

    /// <summary>The export that carries a stream: its place is kept under this name, beside those of other exports.</summary>
    public static string ExportOf(string stream) => $"signals:{stream}";
}
