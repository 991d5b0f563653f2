namespace CredentialBroker.Configuration;

/// <summary>A setting that is allowed and costs safety.</summary>
/// <param name="Key">The setting's path.</param>
/// <param name="Meaning">What it opens.</param>
/// <param name="Remedy">What to do about it.</param>
internal sealed record Risk(string Key, string Meaning, string Remedy)
{
    public override string ToString() => $"{Key}: {Meaning}; {Remedy}";
}

/// <summary>Finds every risky setting, for <c>check</c>. None of them stops the start.</summary>
internal static class Risks
{
    private static readonly TimeSpan LongRotation = TimeSpan.FromDays(90);
    private static readonly TimeSpan LongTtl = TimeSpan.FromMinutes(15);

    public static IReadOnlyList<Risk> In(BrokerOptions options) =>
        [.. OfHosting(options), .. OfKeys(options), .. OfSources(options), .. OfTargets(options), .. OfLimits(options), .. PrivateFilePaths(options).SelectMany(OfFile)];

    private static IEnumerable<Risk> OfHosting(BrokerOptions options)
    {
        if (options.Hosting.IsDevelopment)
            yield return new Risk("Hosting:Profile", "dev makes missing keys by itself and asks for less", "set standard or regulated wherever real credentials are issued");
        if (!options.Hosting.IsHttps)
            yield return new Risk("Hosting:Listen", "credentials pass unencrypted, and no caller can show a client certificate", "listen at an https address with Hosting:CertificateFile and Hosting:KeyFile");
    }

    private static IEnumerable<Risk> OfKeys(BrokerOptions options)
    {
        if (options.Keys.CurrentFile is null)
            yield return new Risk("Keys:KeyEncryptionKeyFile", "none is set, so that one is made beside the store: whoever copies the folder has every key", "make one and keep it elsewhere");
        if (options.Keys.FormerFile is not null)
            yield return new Risk("Keys:FormerKeyEncryptionKeyFile", "the former key still opens what it wrapped", "remove the setting, and destroy the key with the backups it opens, once every replica has started with the new one");
        if (options.Keys.RotateEvery > LongRotation)
            yield return new Risk("Keys:RotateEvery", $"a key signs for {options.Keys.RotateEvery.TotalDays:0} days, and so does whoever stole it", "30 days is usual");
    }

    // The webhooks of GitHub and GitLab only prompt the broker to read what these say themselves.
    private static IEnumerable<Risk> OfSources(BrokerOptions options) => options.TrustSources.Approvals
        .Where(source => source.Value.Authentication == "webhook")
        .Select(source => new Risk(
            $"TrustSources:Approvals:{source.Key}:Authentication", "the secret is shared: whoever can verify an approval of this source, or reads the file of the secret, can sign one",
            "let the source sign with a key of its own (jws), or prove itself by client certificate (mtls)"));

    private static IEnumerable<Risk> OfTargets(BrokerOptions options) => options.Targets.Postgres
        .Where(target => target.Value.SslMode is not ("verify-full" or "verify-ca"))
        .Select(target => new Risk($"Targets:Postgres:{target.Key}:SslMode", $"with {target.Value.SslMode} anybody on the way may pose as the server", "use verify-full"))
        .Concat(options.Targets.Vault.Where(target => target.Value.Login.Method == "token").Select(target => new Risk(
            $"Targets:Vault:{target.Key}:Login:Method", "the broker's token is a standing secret in a file", "log in by jwt, kubernetes, approle or cert")))
        .Concat(options.Targets.Vault.Where(target => target.Value.AllowStaticSecrets).Select(target => new Risk(
            $"Targets:Vault:{target.Key}:AllowStaticSecrets", "templates may hand out stored secrets, which no lease ends", "let an engine make a credential for each lease")))
        .Concat(options.Targets.Aws.Where(target => target.Value.Login.Method == "keys").Select(target => new Risk(
            $"Targets:Aws:{target.Key}:Login:Method", "the broker's access key is a standing secret in files", "log in by federation, or by the machine's own role (default)")))
        .Concat(options.Targets.Aws.Where(target => target.Value.MaxLeasesPerRole is not null).Select(target => new Risk(
            $"Targets:Aws:{target.Key}:MaxLeasesPerRole", "more leases may live on a role than its policy can deny at once, and what cannot be denied only expires", "leave it out, or spread templates over more roles")))
        .Concat(options.Targets.Azure.Where(target => target.Value.Login.Method == "client-secret").Select(target => new Risk(
            $"Targets:Azure:{target.Key}:Login:Method", "the secrets of the broker's identities are standing ones in files", "log in by federation, or by the machine's own identity (default)")))
        .Concat(options.Targets.Gcp.Where(target => target.Value.Login.Method == "key-file").Select(target => new Risk(
            $"Targets:Gcp:{target.Key}:Login:Method", "the service account's key is a standing secret in a file", "log in by federation, or by the machine's own identity (default)")))
        .Concat(options.Targets.Vault.Where(target => target.Value.ListTokens).Select(target => new Risk(
            $"Targets:Vault:{target.Key}:ListTokens", "the broker's login may list, and so end, every token of this Vault, whoever's it is", "allow it where the store may be older than the Vault, and watch it there")))
        .Concat(options.Targets.Kubernetes.Where(target => target.Value.ListSecrets).Select(target => new Risk(
            $"Targets:Kubernetes:{target.Key}:ListSecrets", "the right to list Secrets is one to read them, all of a namespace's", "keep the service accounts of leases in namespaces of their own")))
        .Concat(options.Targets.GitHub.Select(target => new Risk(
            $"Targets:GitHub:{target.Key}:PrivateKeyFile", "the App's private key is a standing secret in a file, and GitHub knows no other way in", "give the App no more repositories and permissions than templates need, and replace the key now and then")));

    private static IEnumerable<Risk> OfLimits(BrokerOptions options)
    {
        if (options.Limits.TtlCeiling > LongTtl)
            yield return new Risk("Limits:TtlCeiling", "what cannot be ended early lives that long after it leaked", "15 minutes is usual; let leases be renewed");
        if (options.Policy.OnError != "deny")
            yield return new Risk("Policy:OnError", $"while the policy point is unreachable, the templates of {options.Policy.OnError} are granted without it", "remove it when the acceptance has served");
    }

    private static IEnumerable<(string Key, string? File)> PrivateFilePaths(BrokerOptions options) =>
    [
        ("Hosting:KeyFile", options.Hosting.KeyFile), ("Keys:KeyEncryptionKeyFile", options.Keys.CurrentFile), ("Keys:FormerKeyEncryptionKeyFile", options.Keys.FormerFile),
        ("Storage:PasswordFile", options.Storage.PasswordFile),
        .. options.Targets.Postgres.Select(target => ($"Targets:Postgres:{target.Key}:PasswordFile", target.Value.PasswordFile)),
        .. options.Targets.Postgres.Select(target => ($"Targets:Postgres:{target.Key}:ClientKeyFile", target.Value.ClientKeyFile)),
        .. options.Targets.Vault.SelectMany(target => new (string, string?)[]
        {
            ($"Targets:Vault:{target.Key}:Login:TokenFile", target.Value.Login.TokenFile), ($"Targets:Vault:{target.Key}:Login:SecretIdFile", target.Value.Login.SecretIdFile),
            ($"Targets:Vault:{target.Key}:Login:ClientKeyFile", target.Value.Login.ClientKeyFile),
        }),
        .. options.Targets.Aws.Select(target => ($"Targets:Aws:{target.Key}:Login:SecretAccessKeyFile", target.Value.Login.SecretAccessKeyFile)),
        .. options.Targets.Azure.Select(target => ($"Targets:Azure:{target.Key}:Own:ClientSecretFile", target.Value.Own?.ClientSecretFile)),
        .. options.Targets.Azure.SelectMany(target => target.Value.Identities.Select(one => ($"Targets:Azure:{target.Key}:Identities:{one.Key}:ClientSecretFile", one.Value.ClientSecretFile))),
        .. options.Targets.Gcp.Select(target => ($"Targets:Gcp:{target.Key}:Login:ServiceAccountKeyFile", target.Value.Login.ServiceAccountKeyFile)),
        .. options.Targets.Kubernetes.Select(target => ($"Targets:Kubernetes:{target.Key}:ClientKeyFile", target.Value.ClientKeyFile)),
        .. options.Targets.Webhook.Select(target => ($"Targets:Webhook:{target.Key}:ClientKeyFile", target.Value.ClientKeyFile)),
        .. options.Targets.GitHub.Select(target => ($"Targets:GitHub:{target.Key}:PrivateKeyFile", (string?)target.Value.PrivateKeyFile)),
    ];

    private static IEnumerable<Risk> OfFile((string Key, string? File) one)
    {
        if (OperatingSystem.IsWindows() || one.File is null || !File.Exists(one.File)) yield break;
        var mode = File.GetUnixFileMode(one.File);
        if ((mode & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) != 0)
            yield return new Risk(one.Key, $"'{one.File}' has mode 0{Convert.ToString((int)mode, 8)}, so that others may read or change it", $"chmod 600 '{one.File}'");
    }
}
