using CredentialBroker.Backends.Wires;

namespace CredentialBroker.Backends.Aws;

/// <summary>What an AWS target's configuration must keep; every mistake is told with its configuration path.</summary>
internal static class AwsTargetRules
{
    public static IEnumerable<string> Check(AwsTarget target, string path) => Place(target, path).Concat(Chosen(target, path)).Concat(Limits(target, path));

    private static IEnumerable<string> Place(AwsTarget target, string path)
    {
        if (!AwsArn.IsAccount(target.Account)) yield return $"{path}:Account: must be an account's twelve digits";
        if (!AwsArn.IsRegion(target.Region)) yield return $"{path}:Region: must be a region such as eu-central-1";
        foreach (var (name, address) in new[] { ("StsEndpoint", target.StsEndpoint), ("IamEndpoint", target.IamEndpoint) })
        {
            foreach (var wrong in address is null ? [] : WireAddress.Validate(address, $"{path}:{name}", "https://sts.eu-central-1.amazonaws.com")) yield return wrong;
        }

        for (var i = 0; i < target.ProbeEndpoints.Count; i++)
        {
            foreach (var wrong in WireAddress.Validate(target.ProbeEndpoints[i], $"{path}:ProbeEndpoints:{i}", "https://s3.eu-central-1.amazonaws.com")) yield return wrong;
        }

        if (target.RootCertificateFile is { } file && !File.Exists(file)) yield return $"{path}:RootCertificateFile: the file does not exist or cannot be seen";
    }

    private static IEnumerable<string> Chosen(AwsTarget target, string path)
    {
        if (target.Roles.Count == 0 && target.LeaseRoles is null) yield return $"{path}:Roles: must list at least one role, where the broker makes none itself (LeaseRoles)";
        for (var i = 0; i < target.Roles.Count; i++)
        {
            if (!AwsArn.IsRoleOf(target.Roles[i], target.Account)) yield return $"{path}:Roles:{i}: must be the ARN of a role of the account, and none of the service-linked ones";
            else if (target.Roles[i] == target.Login.ManagementRole) yield return $"{path}:Roles:{i}: is the broker's own management role";
        }

        if (DenyKey.Find(target.DenyBy) is null && target.DenyBy != DenyKey.None) yield return $"{path}:DenyBy: must be one of {string.Join(", ", DenyKey.Words)}, {DenyKey.None}";
        if (target.ExternalId is { } external && (external.Length is < 2 or > 1224 || !AwsArn.IsPlain(external))) yield return $"{path}:ExternalId: must be 2 to 1224 letters, digits, and _+=,.@:/-";
    }

    private static IEnumerable<string> Limits(AwsTarget target, string path)
    {
        if (target.MaxLeasesPerRole is < 1 or > 100_000) yield return $"{path}:MaxLeasesPerRole: must be from 1 to 100000";
        if (target.RequestTimeout < TimeSpan.FromSeconds(1) || target.RequestTimeout > TimeSpan.FromSeconds(8)) yield return $"{path}:RequestTimeout: must be from 1 to 8 seconds";
        if (target.MaxMinting is < 1 or > 256) yield return $"{path}:MaxMinting: must be from 1 to 256";
        if (target.MaxEnding is < 1 or > 256) yield return $"{path}:MaxEnding: must be from 1 to 256";
    }
}
