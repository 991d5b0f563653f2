using CredentialBroker.Backends.Wires;

namespace CredentialBroker.Backends.Vault;

/// <summary>What a Vault target's configuration must keep; every mistake is told with its configuration path.</summary>
internal static class VaultTargetRules
{
    public static IEnumerable<string> Check(VaultTarget target, string path) => Reached(target, path).Concat(Chosen(target, path)).Concat(Limits(target, path));

    private static IEnumerable<string> Reached(VaultTarget target, string path)
    {
        foreach (var wrong in WireAddress.Validate(target.Address, $"{path}:Address", "https://vault.example:8200")) yield return wrong;
        if (target.Namespace.Length > 0 && !VaultPath.IsPlain(target.Namespace)) yield return $"{path}:Namespace: must be a path of letters, digits and _.- between single slashes";
        if (target.RootCertificateFile is { } file && !File.Exists(file)) yield return $"{path}:RootCertificateFile: the file does not exist or cannot be seen";
    }

    private static IEnumerable<string> Chosen(VaultTarget target, string path)
    {
        if (!VaultPath.IsSegment(target.TokenRole)) yield return $"{path}:TokenRole: must be the name of a token role";
        if (target.Policies.Count == 0) yield return $"{path}:Policies: must list at least one policy";
        for (var i = 0; i < target.Policies.Count; i++)
        {
            if (!VaultPath.IsSegment(target.Policies[i])) yield return $"{path}:Policies:{i}: must be 1 to 128 letters, digits, and _.-";
            else if (target.Policies[i] is "root" or "default") yield return $"{path}:Policies:{i}: must not be {target.Policies[i]}; a lease's token reads what it is for and nothing else";
        }

        if (target.Paths.Count == 0) yield return $"{path}:Paths: must list at least one path";
        for (var i = 0; i < target.Paths.Count; i++)
        {
            if (!VaultPath.IsPattern(target.Paths[i])) yield return $"{path}:Paths:{i}: {VaultPath.Form}; * stands for one whole segment";
        }
    }

    private static IEnumerable<string> Limits(VaultTarget target, string path)
    {
        if (target.RequestTimeout < TimeSpan.FromSeconds(1) || target.RequestTimeout > TimeSpan.FromSeconds(8)) yield return $"{path}:RequestTimeout: must be from 1 to 8 seconds";
        if (target.MaxMinting is < 1 or > 256) yield return $"{path}:MaxMinting: must be from 1 to 256";
        if (target.MaxEnding is < 1 or > 256) yield return $"{path}:MaxEnding: must be from 1 to 256";
    }
}
