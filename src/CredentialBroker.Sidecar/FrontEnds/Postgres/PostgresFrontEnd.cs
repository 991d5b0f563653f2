using System.Text;
using CredentialBroker.Sidecar.Life;

namespace CredentialBroker.Sidecar.FrontEnds.Postgres;

/// <summary>
/// libpq reads both files at every connect, and so do drivers that follow it: a client that connects anew logs in with the
/// lease of that moment. Nothing is in the environment but the two paths.
/// </summary>
internal sealed class PostgresFrontEnd(PostgresOptions options, IReadOnlyList<HeldLease> leases, Say say) : FileFrontEnd(say)
{
    private readonly Dictionary<string, string> _former = new(StringComparer.Ordinal);

    public override string Name => "postgres";

    public override IReadOnlyList<HeldLease> Leases => leases;

    public string PasswordFile => Path.Combine(options.Folder, "pgpass");

    public string ServiceFile => Path.Combine(options.Folder, "pg_service.conf");

    protected override bool Write()
    {
        var (passwords, services) = (new StringBuilder(), new StringBuilder());
        foreach (var lease in leases)
        {
            if (lease.Read((held, members) => Login.Of(lease.Name, held.Lease.Backend, members), out _) is not { } login)
            {
                _former.Remove(lease.Name);
                continue;
            }

            var line = login.PasswordLine;
            passwords.Append(line);
            // The former login stays beside the new one: a client may have read the service file a moment before it changes.
            if (_former.TryGetValue(lease.Name, out var former) && former != line) passwords.Append(former);
            _former[lease.Name] = line;
            services.Append(login.Service(lease.Name, PasswordFile));
        }

        if (services.Length == 0) return false;
        PrivateFile.Write(PasswordFile, Encoding.UTF8.GetBytes(passwords.ToString()));
        PrivateFile.Write(ServiceFile, Encoding.UTF8.GetBytes(services.ToString()));
        return true;
    }

    protected override void Remove()
    {
        PrivateFile.Remove(ServiceFile);
        PrivateFile.Remove(PasswordFile);
        _former.Clear();
    }
}
