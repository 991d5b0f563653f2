using System.Text;
using CredentialBroker.Sidecar.Configuration;
using CredentialBroker.Sidecar.Life;

namespace CredentialBroker.Sidecar.FrontEnds.TokenFiles;

/// <summary>One lease's token in a file of its own, for SDKs that read it anew: `AZURE_FEDERATED_TOKEN_FILE`, `AWS_WEB_IDENTITY_TOKEN_FILE`, a file source of Google's.</summary>
internal sealed class TokenFileOptions
{
    /// <summary>The lease; its member `token` is written.</summary>
    public string Lease { get; set; } = "";

    /// <summary>The file, in memory.</summary>
    public string Path { get; set; } = "";

    /// <summary>Lets the file be on a disk.</summary>
    public bool OnDisk { get; set; }

    public void Validate(Mistakes mistakes, IReadOnlyDictionary<string, LeaseOptions> leases)
    {
        mistakes.DemandLease(Lease, nameof(Lease), leases);
        MemoryFolder.Demand(mistakes, nameof(Path), Path, OnDisk);
    }
}

internal sealed class TokenFileFrontEnd(string name, TokenFileOptions options, HeldLease lease, Say say) : FileFrontEnd(say)
{
    public override string Name => $"token file {name}";

    public override IReadOnlyList<HeldLease> Leases => [lease];

    protected override bool Write()
    {
        var token = lease.Read((held, members) => members.TryGetProperty("token"u8, out var value) ? value.GetString() : throw new FormatException($"lease '{lease.Name}' is of backend {held.Lease.Backend}, and has no token"), out _);
        if (token is not null) PrivateFile.Write(options.Path, Encoding.UTF8.GetBytes(token));
        return token is not null;
    }

    protected override void Remove() => PrivateFile.Remove(options.Path);
}
