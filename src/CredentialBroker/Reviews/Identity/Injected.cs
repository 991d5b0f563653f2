using System.Globalization;
using System.Text.RegularExpressions;

namespace CredentialBroker.Reviews.Identity;

/// <summary>Check 2 (R55): secrets, certificates and keys that are put in, and how long they remain valid. What has no end fails.</summary>
internal static partial class Injected
{
    /// <summary>Says on a Secret until when what is in it is valid, as RFC 3339 writes times.</summary>
    public const string ValidUntil = "credentialbroker.io/valid-until";

    private static readonly TimeSpan LongestToken = TimeSpan.FromHours(24);

    public static void Look(Subject subject, Notes notes, Held held)
    {
        foreach (var (run, spec) in subject.Specs)
        {
            foreach (var (_, container) in Subject.Containers(spec)) Environment(subject, run, container, notes, held);
            foreach (var volume in spec["volumes"].Items.Where(volume => !Subject.IsAutomount(volume))) Volume(subject, volume, notes, held);
            foreach (var pull in spec["imagePullSecrets"].Items.Concat(subject.ServiceAccount?.Tree["imagePullSecrets"].Items ?? [])) notes.Item($"secret {subject.Space}/{pull["name"].Name} to pull images with, used by the node");
        }

        foreach (var legacy in subject.Documents.Of("Secret").Where(one => one.Namespace == subject.Space && one.Tree["type"].Text == "kubernetes.io/service-account-token" && one.Annotation("kubernetes.io/service-account.name") == subject.Account))
        {
            notes.Item($"token of the service account kept in secret {subject.Space}/{legacy.Name}: no end");
            notes.Fail($"secret {subject.Space}/{legacy.Name} keeps a token of the service account that never expires");
            held.NotLeased.Add($"secret {subject.Space}/{legacy.Name}");
        }
    }

    private static void Environment(Subject subject, Manifest run, Tree container, Notes notes, Held held)
    {
        foreach (var from in container["envFrom"].Items.Select(from => from["secretRef"]["name"].Name).OfType<string>()) Secret(subject, from, $"environment of container {container["name"].Name}", notes, held);
        foreach (var variable in container["env"].Items)
        {
            var name = variable["name"].Name ?? "";
            if (variable["valueFrom"]["secretKeyRef"]["name"].Name is { } secret) Secret(subject, secret, $"{name} of container {container["name"].Name}", notes, held);
            // The value is looked at and not told.
            else if (variable["value"].Text is { Length: > 0 } value && ((Secretive().IsMatch(name) && !Harmless().IsMatch(name)) || UserInfo().IsMatch(value)))
            {
                notes.Item($"literal in {name} of container {container["name"].Name}: no end");
                notes.Fail($"{name} of container {container["name"].Name} of {run.Title} holds what looks like a secret, in clear and without an end");
                held.NotLeased.Add($"literal in {name}");
            }
        }
    }

    private static void Volume(Subject subject, Tree volume, Notes notes, Held held)
    {
        var name = volume["name"].Name;
        if (volume["secret"]["secretName"].Name is { } secret) Secret(subject, secret, $"volume {name}", notes, held);
        foreach (var source in volume["projected"]["sources"].Items)
        {
            if (source["secret"]["name"].Name is { } projected) Secret(subject, projected, $"volume {name}", notes, held);
            if (source["serviceAccountToken"]["expirationSeconds"].Number is { } seconds && TimeSpan.FromSeconds(Math.Min(seconds, int.MaxValue)) > LongestToken)
            {
                notes.Fail(string.Create(CultureInfo.InvariantCulture, $"the token for {source["serviceAccountToken"]["audience"].Name ?? "the API server"} is valid for {seconds} s, longer than a day"));
            }

            if (source["podCertificate"].Exists) notes.Item($"certificate of the cluster in volume {name}, renewed by the node");
        }

        switch (volume["csi"]["driver"].Name)
        {
            case null:
                break;
            case "csi.spiffe.io":
                notes.Item("SVID, renewed by the workload API");
                break;
            case "csi.cert-manager.io":
                notes.Item($"certificate in volume {name}, valid {volume["csi"]["volumeAttributes"]["csi.cert-manager.io/duration"].Name ?? "as its issuer says"}");
                held.NotLeased.Add($"certificate in volume {name}");
                break;
            case var driver:
                var store = volume["csi"]["volumeAttributes"]["secretProviderClass"].Name;
                notes.Item(store is null ? $"volume {name} of {driver}" : $"secrets of {store} in volume {name}, by {driver}");
                if (store is null) break;
                notes.Unknown($"how long what {driver} puts into volume {name} remains valid");
                held.NotLeased.Add($"secrets of {store}");
                break;
        }
    }

    private static void Secret(Subject subject, string secret, string place, Notes notes, Held held)
    {
        var what = $"secret {subject.Space}/{secret} in {place}";
        held.NotLeased.Add($"secret {subject.Space}/{secret}");
        if (subject.Documents.Find("Secret", subject.Space, secret)?.Annotation(ValidUntil) is not { } told)
        {
            notes.Item(what, ": no end");
            notes.Fail($"{what} is valid for ever, as far as is known");
        }
        else if (!DateTimeOffset.TryParse(told, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var until))
        {
            notes.Item(what);
            notes.Fail($"{what} says in {ValidUntil} what is no time");
        }
        else
        {
            notes.Item(what, string.Create(CultureInfo.InvariantCulture, $": until {until.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}"));
            if (until <= subject.Around.Now) notes.Fail($"{what} is past its end");
        }
    }

    [GeneratedRegex("PASSW(OR)?D|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIAL", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Secretive();

    [GeneratedRegex("_(FILE|PATH|DIR|URL|URI|ENDPOINT|NAME|ID|TTL|TYPE)$", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Harmless();

    /// <summary>An address with a password in it.</summary>
    [GeneratedRegex("^[a-z][a-z0-9+.-]*://[^/@:]+:[^/@]+@", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex UserInfo();
}
