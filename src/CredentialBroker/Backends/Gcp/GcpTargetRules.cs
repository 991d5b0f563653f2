using CredentialBroker.Backends.Wires;
using CredentialBroker.Issuer;

namespace CredentialBroker.Backends.Gcp;

/// <summary>What a Google Cloud target's configuration must keep; every mistake is told with its configuration path.</summary>
internal static class GcpTargetRules
{
    public static IEnumerable<string> Check(GcpTarget target, string path, ReservedAudiences reserved) => Reached(target, path, reserved).Concat(Chosen(target, path)).Concat(Limits(target, path));

    private static IEnumerable<string> Reached(GcpTarget target, string path, ReservedAudiences reserved)
    {
        foreach (var (name, address) in new[] { ("StsEndpoint", target.StsEndpoint), ("IamCredentialsEndpoint", target.IamCredentialsEndpoint) })
        {
            foreach (var wrong in WireAddress.Validate(address, $"{path}:{name}", "https://sts.googleapis.com")) yield return wrong;
        }

        if (target.Login.Method == GcpLogin.Federation || target.Provider.Length > 0)
        {
            if (!GcpNames.IsProvider(target.Provider) || !reserved.Include(target.Provider))
                yield return $"{path}:Provider: must be //iam.googleapis.com/projects/{{number}}/locations/global/workloadIdentityPools/{{pool}}/providers/{{provider}}";
        }

        if (target.RootCertificateFile is { } file && !File.Exists(file)) yield return $"{path}:RootCertificateFile: the file does not exist or cannot be seen";
    }

    private static IEnumerable<string> Chosen(GcpTarget target, string path)
    {
        foreach (var wrong in Each(target.ServiceAccounts, $"{path}:ServiceAccounts", GcpNames.IsServiceAccount, "must be a service account's e-mail address")) yield return wrong;
        foreach (var wrong in Each(target.Groups, $"{path}:Groups", GcpNames.IsGroup, GcpNames.GroupForm)) yield return wrong;
        foreach (var wrong in Each(target.Scopes, $"{path}:Scopes", GcpNames.IsScope, "must be an OAuth scope, such as https://www.googleapis.com/auth/devstorage.read_only")) yield return wrong;
        foreach (var wrong in Each(target.Buckets, $"{path}:Buckets", GcpNames.IsBucketPattern, $"{GcpNames.BucketForm}, or how it begins and *")) yield return wrong;
        foreach (var wrong in Each(target.Roles, $"{path}:Roles", GcpNames.IsRole, "must be a role, such as roles/storage.objectViewer")) yield return wrong;
        if (target.Scopes.Count == 0) yield return $"{path}:Scopes: must list at least one";
        // What is a lease's own subject must not be mistaken for the broker's.
        if (target.Groups.Contains(target.Login.Group)) yield return $"{path}:Groups: must not list the broker's own ({target.Login.Group})";
        for (var i = 0; i < target.Probes.Count; i++)
        {
            foreach (var wrong in WireAddress.ValidateWithPath(target.Probes[i], $"{path}:Probes:{i}", "https://storage.googleapis.com/storage/v1/b/orders")) yield return wrong;
        }
    }

    private static IEnumerable<string> Each(IReadOnlyList<string> all, string path, Func<string, bool> isOne, string form) =>
        all.Select((one, i) => isOne(one) ? null : $"{path}:{i}: {form}").OfType<string>();

    private static IEnumerable<string> Limits(GcpTarget target, string path)
    {
        if (target.TokenLife < TimeSpan.FromMinutes(5) || target.TokenLife > TimeSpan.FromHours(12)) yield return $"{path}:TokenLife: must be from 5 minutes to 12 hours";
        if (target.RequestTimeout < TimeSpan.FromSeconds(1) || target.RequestTimeout > TimeSpan.FromSeconds(8)) yield return $"{path}:RequestTimeout: must be from 1 to 8 seconds";
        if (target.MaxMinting is < 1 or > 256) yield return $"{path}:MaxMinting: must be from 1 to 256";
        if (target.MaxEnding is < 1 or > 256) yield return $"{path}:MaxEnding: must be from 1 to 256";
    }
}
