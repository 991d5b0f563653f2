namespace CredentialBroker.Templates;

internal static class TemplateServices
{
    public static IServiceCollection AddTemplates(this IServiceCollection services, TimeSpan ttl, TimeSpan maxTtl, ActivationRules activation) => services
        .AddSingleton(new TemplateLimits { Ttl = ttl, MaxTtl = maxTtl })
        .AddSingleton(activation)
        .AddSingleton<TemplateCandidates>()
        .AddSingleton<TemplateCompiler>()
        .AddSingleton<TemplateStore>()
        .AddSingleton<TemplateImport>()
        .AddSingleton<TemplateLog>();
}
