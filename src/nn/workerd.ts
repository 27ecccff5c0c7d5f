import '../workerd';

export * from './index';
