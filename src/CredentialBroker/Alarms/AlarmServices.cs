using CredentialBroker.Alarms.Sets;
using CredentialBroker.Alarms.Webhooks;
using CredentialBroker.Attestation;

namespace CredentialBroker.Alarms;

internal static class AlarmServices
{
    public static IServiceCollection AddAlarms(this IServiceCollection services, AlarmOptions options)
    {
        IReadOnlyDictionary<string, AlarmSource> sources = options.Sources.ToDictionary(one => one.Key, one => new AlarmSource(one.Key, one.Value), StringComparer.Ordinal);
        return services
            .AddSingleton(options)
            .AddSingleton(sources)
            .AddSingleton(AlarmRule.Of(options))
            .AddSingleton(Formats)
            .AddSingleton<AlarmStore>()
            .AddSingleton<AlarmActs>()
            .AddSingleton<AlarmIntake>()
            .AddSingleton<AlarmMetrics>()
            .AddSingleton<AlarmLog>()
            .AddSingleton<ExposureStore>()
            .AddSingleton<ExposureDesk>()
            .AddSingleton<ExposureMetrics>();

        IReadOnlyDictionary<string, IAlarmFormat> Formats(IServiceProvider provider)
        {
            var clock = provider.GetRequiredService<TimeProvider>();
            return new Dictionary<string, IAlarmFormat>(StringComparer.Ordinal)
            {
                [AlarmSourceOptions.Set] = new SetReader(provider.GetRequiredService<TokenReader>(), Keys(sources.Values, provider), clock),
                [AlarmSourceOptions.Falco] = new AlarmWebhook(FalcoMessage.Read, clock),
                [AlarmSourceOptions.Plain] = new AlarmWebhook(PlainMessage.Read, clock),
            };
        }
    }

    private static Dictionary<string, KeySource> Keys(IEnumerable<AlarmSource> sources, IServiceProvider provider)
    {
        var (clock, log) = (provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<KeySource>>());
        return sources.Where(one => one.Options.Format == AlarmSourceOptions.Set).ToDictionary(one => one.Name, one => one.Options.JwksFile is { } file
            ? KeySource.FromFile(one.Name, file, clock, log)
            : KeySource.FromUrl(one.Name, new Uri(one.Options.JwksUrl!), KeyEndpoint.Client(allowLoopback: false), clock, log), StringComparer.Ordinal);
    }
}
