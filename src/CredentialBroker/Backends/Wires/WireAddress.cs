namespace CredentialBroker.Backends.Wires;

/// <summary>What an address in a target's configuration must keep.</summary>
internal static class WireAddress
{
    /// <summary>Scheme, host and port alone.</summary>
    public static IEnumerable<string> Validate(Uri? address, string path, string example) => address is { AbsolutePath: not "/" }
        ? [$"{path}: must be scheme, host and port, such as {example}"]
        : ValidateWithPath(address, path, example);

    /// <summary>Scheme, host, port, and what everything there begins with.</summary>
    public static IEnumerable<string> ValidateWithPath(Uri? address, string path, string example)
    {
        if (address is not { IsAbsoluteUri: true } || address.Scheme is not ("https" or "http") || address.Query.Length > 0 || address.Fragment.Length > 0 || address.UserInfo.Length > 0)
            yield return $"{path}: must be scheme, host and port, such as {example}";
        else if (address.Scheme == "http" && !address.IsLoopback) yield return $"{path}: must be https, but for loopback";
    }
}
