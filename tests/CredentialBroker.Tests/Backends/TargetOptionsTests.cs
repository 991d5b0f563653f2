using Microsoft.Extensions.Configuration;

namespace CredentialBroker.Backends;

public sealed class TargetOptionsTests
{
    [Fact]
    public void Targets_are_read_from_configuration()
    {
        var options = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Targets:Postgres:orders:Host"] = "db.example",
            ["Targets:Postgres:orders:Database"] = "orders",
            ["Targets:Postgres:orders:Databases:0"] = "reports",
            ["Targets:Postgres:orders:Username"] = "broker",
            ["Targets:Postgres:orders:AllowedGroups:0"] = "orders_reader",
            ["Targets:Postgres:orders:ObjectOwner"] = "orders_owner",
            ["Targets:Postgres:orders:ConnectTimeout"] = "00:00:07",
            ["Targets:SignedToken:internal:Audiences:0"] = "orders-api",
        }).Build().GetSection(TargetOptions.Section).Get<TargetOptions>()!;

        Assert.Empty(options.Validate(Issuer.ReservedAudiences.BuiltIn));
        var orders = options.Postgres["orders"];
        Assert.Equal(["orders", "reports"], orders.AllDatabases);
        Assert.Equal((5432, TimeSpan.FromSeconds(7), "verify-full"), (orders.Port, orders.ConnectTimeout, orders.SslMode));
        Assert.Equal(["orders-api"], options.SignedToken["internal"].Audiences);
        Assert.Contains("Targets:SignedToken:empty:Audiences: must list at least one audience", (options with
        {
            SignedToken = new Dictionary<string, SignedToken.SignedTokenTarget> { ["empty"] = new() },
        }).Validate(Issuer.ReservedAudiences.BuiltIn));
    }
}
