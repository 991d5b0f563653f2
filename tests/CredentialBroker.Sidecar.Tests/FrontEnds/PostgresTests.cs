using CredentialBroker.Sidecar.FrontEnds.Postgres;
using CredentialBroker.Sidecar.Tests.TestInfra;

namespace CredentialBroker.Sidecar.Tests.FrontEnds;

public sealed class PostgresTests : Rig
{
    [Fact]
    public async Task R25_The_files_are_the_owners_alone_and_go_when_the_lease_does()
    {
        await using var sidecar = await StartAsync(Configured());
        await UntilAsync(() => File.Exists(PathOf("pg/pg_service.conf")));
        Assert.Equal("db.test:5432:orders:cb-broker-1:pass\\:word\\\\1\n", File.ReadAllText(PathOf("pg/pgpass")));
        Assert.Equal($"[orders]\nhost=db.test\nport=5432\ndbname=orders\nuser=cb-broker-1\nsslmode=require\npassfile={PathOf("pg/pgpass")}\n", File.ReadAllText(PathOf("pg/pg_service.conf")));
        foreach (var file in Directory.GetFiles(PathOf("pg"))) Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(file));
        Broker.End(Broker.Live.Single().Id, "revoked");
        await UntilAsync(() => Directory.GetFiles(PathOf("pg")).Length == 0);
    }

    [Fact]
    public async Task R25_Nothing_is_left_when_it_stops()
    {
        await using (await StartAsync(Configured())) await UntilAsync(() => Directory.Exists(PathOf("pg")) && Directory.GetFiles(PathOf("pg")).Length == 2);
        Assert.Empty(Directory.GetFiles(PathOf("pg")));
    }

    [Fact]
    public async Task What_a_killed_run_left_behind_goes_first()
    {
        Directory.CreateDirectory(PathOf("pg"));
        File.WriteAllText(PathOf("pg/pgpass"), "old");
        Broker.Approved = false;
        await using var sidecar = await StartAsync(Configured(), held: false);
        Assert.Empty(Directory.GetFiles(PathOf("pg")));
    }

    [Fact]
    public async Task While_one_login_follows_another_both_are_in_the_password_file()
    {
        Broker.Templates["orders"] = The.Orders with { Renewal = StandInRenewal.None, Ttl = TimeSpan.FromSeconds(4) };
        await using var sidecar = await StartAsync(Configured());
        await UntilAsync(() => File.Exists(PathOf("pg/pg_service.conf")) && File.ReadAllText(PathOf("pg/pg_service.conf")).Contains("user=cb-broker-2\n", StringComparison.Ordinal));
        Assert.Equal(["cb-broker-2", "cb-broker-1"], File.ReadAllLines(PathOf("pg/pgpass")).Select(line => line.Split(':')[3]));
    }

    [Theory]
    [InlineData("/var/tmp/credbroker-on-disk")]
    [InlineData("relative/folder")]
    public void R25_A_folder_on_a_disk_is_refused_unless_said_in_so_many_words(string folder)
    {
        var options = Configured();
        options.FrontEnds.Postgres!.Folder = folder;
        Assert.Contains(options.Validate(), mistake => mistake.StartsWith("FrontEnds:Postgres:Folder: ", StringComparison.Ordinal));
    }

    private Sidecar.Configuration.SidecarOptions Configured()
    {
        var options = Options("orders");
        options.FrontEnds.Postgres = new PostgresOptions { Leases = ["orders"], Folder = PathOf("pg") };
        return options;
    }
}
