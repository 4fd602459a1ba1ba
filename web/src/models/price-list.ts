import type { z } from 'zod';
import type { priceList } from '../../../contract/api/requests-api.ts';

export type PriceList = z.output<typeof priceList>['data'];
export type ModelRow = PriceList['models'][number];
